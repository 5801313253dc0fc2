-- Writes a set of records and their audit entry, all or nothing.
-- KEYS  1 audit stream, 2 audit head; then for each change: record, index
-- ARGV  1 expected audit head, 2 new audit head, 3 audit entry, 4 number of changes;
--       then for each change: expected version, id, JSON, index score
-- Returns 'ok', 'audit' (the head has moved: chain again), or 'version:<position>' (0-based change that is stale).
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 'audit' end
local count = tonumber(ARGV[4])
for i = 0, count - 1 do
  local held = redis.call('HGET', KEYS[3 + 2 * i], 'version') or '0'
  if held ~= ARGV[5 + 4 * i] then return 'version:' .. i end
end
for i = 0, count - 1 do
  local record, index = KEYS[3 + 2 * i], KEYS[4 + 2 * i]
  local version, id, json, score = ARGV[5 + 4 * i], ARGV[6 + 4 * i], ARGV[7 + 4 * i], ARGV[8 + 4 * i]
  redis.call('HSET', record, 'version', tostring(tonumber(version) + 1), 'json', json)
  if version == '0' then redis.call('ZADD', index, score, id) end
end
redis.call('XADD', KEYS[1], '*', 'entry', ARGV[3])
redis.call('SET', KEYS[2], ARGV[2])
return 'ok'
