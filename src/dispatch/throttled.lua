-- The SMSC throttles the account: cuts the learned limit, for all processes.
-- KEYS 1 pace of the route, as in pacer.lua
-- ARGV 1 segments a second to keep to (0: no limit configured), 2 cuts that the caller knew of when it submitted what was
--      refused, 3 what the SMSC accepted from the caller in a second (0: it knows of a limit already), 4 and 5 growth, as in
--      pacer.lua, 6 factor of a cut, 7 factor where refusals go on, 8 µs after a cut within which they do, 9 µs for
--      which nobody submits then
-- Returns {learned limit in force, cuts}.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local held = redis.call('HMGET', KEYS[1], 'limit', 'cut', 'cuts')
local learned, cut, cuts = tonumber(held[1] or '0'), tonumber(held[2] or '0'), tonumber(held[3] or '0')
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
local s = math.max(0, now - cut) / 1000000
local rate = learned > 0 and learned + (tonumber(ARGV[4]) * learned + tonumber(ARGV[5])) * s * s * s or configured
if configured > 0 then rate = math.min(rate, configured) end
if learned == 0 or now - cut > tonumber(ARGV[8]) then return learn(rate * tonumber(ARGV[6])) end
local next = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'next') or '0'))
redis.call('HSET', KEYS[1], 'next', string.format('%d', next + tonumber(ARGV[9])))
return learn(rate * tonumber(ARGV[7]))
