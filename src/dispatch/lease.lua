-- Leases segments of a route's rate to one process: generic cell rate algorithm, by Redis's own clock, so that all
-- processes share one schedule.
-- KEYS 1 pace of the route (hash: next = µs at which the next segment is due; behind = segments that were due and did not
--        leave; limit = learned limit, if any; cut = µs of its last cut; cuts = how often it was cut)
-- ARGV 1 segments a second to keep to (0: no limit configured), 2 the same while behind, 3 segments wanted at least, 4 at most,
--      5 span of one lease and 6 time until the first segment may be due, both in µs, 7 segments that the caller leased before
--      and did not send, 8 seconds that may be caught up with, 9 part of a learned limit, and 10 segments a second, by which
--      it has grown one second after a cut
-- Returns {segments leased, when the last of them is due, the time now (both in µs by Redis's clock), learned limit in
--          force (0: none), cuts}.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local held = redis.call('HMGET', KEYS[1], 'next', 'limit', 'cut', 'cuts', 'behind')
local rate, learned, cuts = tonumber(ARGV[1]), tonumber(held[2] or '0'), tonumber(held[4] or '0')
if learned > 0 then
  -- Slowly at first, then boldly: with the third power of the time since the cut (as TCP CUBIC, RFC 9438 §4.2).
  local cut = tonumber(held[3])
  if cut > now then -- Redis's clock was set back: it would not grow until then
    cut = now
    redis.call('HSET', KEYS[1], 'cut', string.format('%d', now))
  end
  local s = (now - cut) / 1000000
  learned = learned + (tonumber(ARGV[9]) * learned + tonumber(ARGV[10])) * s * s * s
  -- Above the configured limit, or above any route's, it means nothing any more.
  if learned >= (rate > 0 and rate or 1000000) then
    learned = 0
    redis.call('HDEL', KEYS[1], 'limit', 'cut')
  else
    rate = learned
  end
end
if rate == 0 then return {tonumber(ARGV[4]), now, now, 0, cuts} end
local start, behind = tonumber(held[1] or '0'), tonumber(held[5] or '0') + tonumber(ARGV[7])
local soon = now + tonumber(ARGV[6])
if start < now - 1000000 or start > now + 10000000 then -- after a rest, or Redis's clock was set back
  start, behind = soon, 0
elseif start < soon then
  start, behind = soon, behind + (soon - start) * rate / 1000000
end
behind = math.min(behind, rate * tonumber(ARGV[8]))
-- What is behind is caught up with a little faster, never in one: no second may hold more than the limit. A learned limit
-- is the SMSC's own, which nothing may exceed.
local pace = (behind > 0 and learned == 0) and tonumber(ARGV[2]) or rate
local piece = math.max(1, math.floor(pace * tonumber(ARGV[5]) / 1000000))
local leased = math.min(tonumber(ARGV[4]), math.max(tonumber(ARGV[3]), piece))
local next = start + leased * 1000000 / pace
redis.call('HSET', KEYS[1], 'next', string.format('%d', next),
  'behind', string.format('%.3f', math.max(0, behind - leased * (1 - rate / pace))))
redis.call('PEXPIRE', KEYS[1], 600000)
return {leased, math.floor(math.max(start, next - piece * 1000000 / pace)), now, math.ceil(learned), cuts}
