-- Adds jobs that wait, many in one call, as addPrioritizedJob of BullMQ does one by one, but without the two events for each
-- that nobody listens to. A country is some 27,000 jobs: what one of them costs decides how fast it is planned.
-- KEYS  1 jobs that wait, 2 counter of ids, 3 counter of priorities, 4 marker for idle workers
-- ARGV  1 prefix of the jobs' keys, 2 name, 3 options in JSON, 4 time; then for each job: id, priority, data in JSON
-- A job that is there already stays as it is. Returns how many were added.
local prefix, name, rest, now = ARGV[1], ARGV[2], string.sub(ARGV[3], 2), ARGV[4]
local waiting, order = {'ZADD', KEYS[1]}, redis.call('GET', KEYS[3]) or 0
for a = 5, #ARGV, 3 do
  local id, priority = ARGV[a], ARGV[a + 1]
  local key = prefix .. id
  if redis.call('EXISTS', key) == 0 then
    redis.call('HSET', key, 'name', name, 'data', ARGV[a + 2], 'opts', '{"priority":' .. priority .. ',' .. rest,
      'timestamp', now, 'delay', '0', 'priority', priority)
    order = order + 1
    local n = #waiting
    waiting[n + 1] = priority * 0x100000000 + order % 0x100000000
    waiting[n + 2] = id
  end
end
local added = (#waiting - 2) / 2
if added > 0 then
  redis.call(unpack(waiting))
  redis.call('INCRBY', KEYS[2], added)
  redis.call('INCRBY', KEYS[3], added)
  redis.call('ZADD', KEYS[4], 0, '0')
end
return added
