-- Joins receipts to submissions whose id was not in the newest generation: looks in the older ones, and parks what no
-- generation knows, so that the response that comes later finds it.
-- KEYS 1..n-2 generations of ids, newest first; n-1 receipts parked yesterday; n those parked today
-- ARGV 1 expiry of parked receipts in ms, 2 most parked receipts; then for each receipt: id, event code as one byte
-- A day's parked receipts expire together, so that those nobody asked for are not kept for good by those that come after.
-- Returns for each receipt its address, or '' when parked, or '!' when there is no more room to park.
local yesterday, today, out = KEYS[#KEYS - 1], KEYS[#KEYS], {}
for a = 3, #ARGV, 2 do
  local id, found = ARGV[a], false
  for k = 1, #KEYS - 2 do
    found = redis.call('HGET', KEYS[k], id)
    if found then break end
  end
  if not found then
    local at = today
    local before = redis.call('HGET', today, id)
    if not before then
      before = redis.call('HGET', yesterday, id)
      if before then at = yesterday end
    end
    local held = not before and redis.call('HLEN', today)
    if held and held + redis.call('HLEN', yesterday) >= tonumber(ARGV[2]) then
      found = '!'
    else
      if not before or (#before < 8 and string.sub(before, -1) ~= ARGV[a + 1]) then
        redis.call('HSET', at, id, (before or '') .. ARGV[a + 1])
        if held == 0 then redis.call('PEXPIRE', today, ARGV[1]) end
      end
      found = ''
    end
  end
  out[#out + 1] = found
end
return out
