-- The SMSC throttles the account: cuts the learned limit, once for all refusals of one moment.
-- KEYS 1 pace of the route   ARGV 1 configured segments a second (0: none), 2 segments a second that the caller sends,
--      3 factor of a cut, 4 least µs between two cuts
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local held = redis.call('HMGET', KEYS[1], 'limit', 'cut')
if now - tonumber(held[2] or '0') < tonumber(ARGV[4]) then return 0 end
local limit = tonumber(held[1] or '0')
if limit == 0 then limit = tonumber(ARGV[1]) end
if limit == 0 then limit = tonumber(ARGV[2]) end
limit = math.max(1, limit * tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'limit', string.format('%.3f', limit), 'at', string.format('%d', now), 'cut', string.format('%d', now))
redis.call('PEXPIRE', KEYS[1], 600000)
return math.floor(limit)
