-- The SMSC throttles the account: cuts the learned limit, for all processes.
-- KEYS 1 pace of the route, as in lease.lua
-- ARGV 1 segments a second to keep to (0: no limit configured), 2 cuts that the caller knew of when it submitted what was
--      refused, 3 what the SMSC accepted from the caller in a second (0: it knows of a limit already), 4 and 5 growth, as in
--      lease.lua, 6 factor of a cut, 7 factor where refusals go on, 8 µs after a cut within which they do, 9 and 10 µs
--      for which nobody submits after the one and the other
-- Returns {learned limit in force, cuts}.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local held = redis.call('HMGET', KEYS[1], 'limit', 'cut', 'cuts', 'row', 'next', 'deep')
local learned, cut, cuts = tonumber(held[1] or '0'), tonumber(held[2] or '0'), tonumber(held[3] or '0')
local deepCut = tonumber(held[6] or '0')
-- Redis's clock was set back: cuts of the future would hold everything until then.
if cut > now then cut = now end
if deepCut > now then deepCut = 0 end
local configured, accepted = tonumber(ARGV[1]), tonumber(ARGV[3])
local function learn(limit)
  limit = math.max(1, limit)
  redis.call('HSET', KEYS[1], 'limit', string.format('%.3f', limit), 'cut', string.format('%d', now), 'cuts', cuts + 1)
  redis.call('PEXPIRE', KEYS[1], 600000)
  return {math.ceil(limit), cuts + 1}
end
-- A route without a limit: what the processes got through in a second, together.
if accepted > 0 then return learn(learned + accepted) end
-- One round of refusals is one cut: the rest of it was submitted before.
if cuts ~= tonumber(ARGV[2]) then return {math.ceil(learned), cuts} end
-- An SMSC counts what it had in the last second: after a deep cut it is full for so long, and says nothing of the new limit.
if learned > 0 and now - deepCut < tonumber(ARGV[8]) then return {math.ceil(learned), cuts} end
local s = (now - cut) / 1000000
local rate = learned > 0 and learned + (tonumber(ARGV[4]) * learned + tonumber(ARGV[5])) * s * s * s or configured
if configured > 0 then rate = math.min(rate, configured) end
-- A cut that was deep enough may look as if it was not, for a moment. So the second cut in a row is no deeper than the
-- first; the third says that the limit is far too high.
local row = now - cut > tonumber(ARGV[8]) and 1 or tonumber(held[4] or '0') + 1
local deep = row > 2
local pause = tonumber(deep and ARGV[10] or ARGV[9])
local next = math.max(now, tonumber(held[5] or '0'))
redis.call('HSET', KEYS[1], 'row', row, 'next', string.format('%d', next + pause))
if deep then redis.call('HSET', KEYS[1], 'deep', string.format('%d', now)) end
return learn(rate * tonumber(deep and ARGV[7] or ARGV[6]))
