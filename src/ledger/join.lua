-- Joins receipts to submissions whose id was not in the newest generation: looks in the older ones, and parks what no
-- generation knows, so that the response that comes later finds it.
-- KEYS 1..n-1 generations of ids, newest first; n parked receipts
-- ARGV 1 expiry of parked receipts in ms, 2 most parked receipts; then for each receipt: id, event code as one byte
-- Only a receipt that is new here puts the expiry off: looking again at what is parked must not keep it for good.
-- Returns for each receipt its address, or '' when parked, or '!' when there is no more room to park.
local parked, out = KEYS[#KEYS], {}
for a = 3, #ARGV, 2 do
  local id, found = ARGV[a], false
  for k = 1, #KEYS - 1 do
    found = redis.call('HGET', KEYS[k], id)
    if found then break end
  end
  if not found then
    local before = redis.call('HGET', parked, id)
    if not before and redis.call('HLEN', parked) >= tonumber(ARGV[2]) then
      found = '!'
    else
      if not before or (#before < 8 and string.sub(before, -1) ~= ARGV[a + 1]) then
        redis.call('HSET', parked, id, (before or '') .. ARGV[a + 1])
        redis.call('PEXPIRE', parked, ARGV[1])
      end
      found = ''
    end
  end
  out[#out + 1] = found
end
return out
