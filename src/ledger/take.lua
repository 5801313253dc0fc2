-- Takes a batch for one process: a new epoch, which ends every earlier taker's right to claim.
-- KEYS 1 slots   ARGV 1 size of the string in bytes, 2 a random number of 31 bits that is not 0
-- The epoch grows by chance, not by one: a master that dies may take an epoch with it that its taker goes on using, and
-- the next taker must not be given the same one.
-- Returns the whole string: epoch (u32), slots, and masks of parts where the batch has them.
local size = tonumber(ARGV[1])
if redis.call('STRLEN', KEYS[1]) < size then redis.call('SETRANGE', KEYS[1], size - 1, '\0') end
redis.call('BITFIELD', KEYS[1], 'INCRBY', 'u32', 0, ARGV[2])
return redis.call('GET', KEYS[1])
