-- Leases segments of a route's rate to one process: generic cell rate algorithm, by Redis's own clock, so that all
-- processes share one schedule.
-- KEYS 1 pace of the route (hash: next = µs at which the next segment is due; limit = learned limit, if any; cut = µs of
--        its last cut; cuts = how often it was cut)
-- ARGV 1 segments a second to keep to (0: no limit configured), 2 segments wanted, 3 span of one lease in µs beside what is overdue,
--      4 most lateness to catch up in µs, 5 part of a learned limit, and 6 segments a second, by which it has grown one
--      second after a cut
-- Returns {segments leased, when they are due, the time now (both in µs by Redis's clock), learned limit in force
--          (0: none), cuts}.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local held = redis.call('HMGET', KEYS[1], 'next', 'limit', 'cut', 'cuts')
local rate, learned, cuts = tonumber(ARGV[1]), tonumber(held[2] or '0'), tonumber(held[4] or '0')
if learned > 0 then
  -- Slowly at first, then boldly: with the third power of the time since the cut (as TCP CUBIC, RFC 9438 §4.2).
  local cut = tonumber(held[3])
  if cut > now then -- Redis's clock was set back: it would not grow until then
    cut = now
    redis.call('HSET', KEYS[1], 'cut', string.format('%d', now))
  end
  local s = (now - cut) / 1000000
  learned = learned + (tonumber(ARGV[5]) * learned + tonumber(ARGV[6])) * s * s * s
  -- Above the configured limit, or above any route's, it means nothing any more.
  if learned >= (rate > 0 and rate or 1000000) then
    learned = 0
    redis.call('HDEL', KEYS[1], 'limit', 'cut')
  else
    rate = learned
  end
end
if rate == 0 then return {tonumber(ARGV[2]), now, now, 0, cuts} end
local start = tonumber(held[1] or '0')
-- After a rest nothing is caught up with; and nobody is ever far ahead: then Redis's clock was set back.
if start < now - tonumber(ARGV[4]) - 1000000 or start > now + 10000000 then start = now end
start = math.max(start, now - tonumber(ARGV[4]))
-- What is overdue goes in one lease: in small ones, whoever is late would stay so.
local span = tonumber(ARGV[3]) + math.max(0, now - start)
local leased = math.min(tonumber(ARGV[2]), math.max(1, math.floor(rate * span / 1000000)))
redis.call('HSET', KEYS[1], 'next', string.format('%d', start + leased * 1000000 / rate))
redis.call('PEXPIRE', KEYS[1], 600000)
return {leased, math.floor(start), now, math.ceil(learned), cuts}
