-- Leases segments of a route's rate to one process (generic cell rate algorithm, by Redis's own clock).
-- KEYS 1 pace of the route (hash: next = µs at which the next segment is due, limit = learned limit or none,
--        at = µs of the last change of the limit)
-- ARGV 1 configured segments a second (0: none), 2 segments wanted, 3 span of one lease in µs, 4 most lateness to catch up in µs,
--      5 growth of a learned limit, as a fraction a second
-- Returns {segments leased, µs until they are due, limit in force (0: none)}.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local held = redis.call('HMGET', KEYS[1], 'next', 'limit', 'at')
local configured, limit = tonumber(ARGV[1]), tonumber(held[2] or '0')
if limit > 0 then
  local at = tonumber(held[3])
  if now > at then
    limit = limit * (1 + tonumber(ARGV[5]) * math.min((now - at) / 1000000, 10))
    redis.call('HSET', KEYS[1], 'limit', string.format('%.3f', limit), 'at', string.format('%d', now))
  end
end
-- A learned limit that grew above the configured one, or above any route's, means nothing any more.
if limit > 0 and limit >= (configured > 0 and configured or 1000000) then
  limit = 0
  redis.call('HDEL', KEYS[1], 'limit', 'at')
end
local rate = configured
if limit > 0 and (rate == 0 or limit < rate) then rate = limit end
if rate == 0 then return {tonumber(ARGV[2]), 0, 0} end
local start = math.max(tonumber(held[1] or '0'), now - tonumber(ARGV[4]))
local most = math.max(1, math.floor(rate * tonumber(ARGV[3]) / 1000000))
local leased = math.min(tonumber(ARGV[2]), most)
redis.call('HSET', KEYS[1], 'next', string.format('%d', start + leased * 1000000 / rate))
redis.call('PEXPIRE', KEYS[1], 600000)
return {leased, math.floor(math.max(0, start - now)), math.floor(rate)}
