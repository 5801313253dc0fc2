-- Marks slots `sending`, durably, before their submissions are written (ledger rule 1).
-- KEYS 1 counts, 2 slots   ARGV 1 epoch, 2 lane, 3 first slot, 4 last slot
-- Returns false when the batch was taken by somebody else; else a string with a byte for each slot: 1 granted, 0 not.
-- A slot that is `sending` in the claimer's own epoch is granted again: its earlier reply was lost, so nothing of it was
-- written.
local first, last = tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('BITFIELD_RO', KEYS[2], 'GET', 'u32', 0)[1] ~= tonumber(ARGV[1]) then return false end
local held = redis.call('GETRANGE', KEYS[2], 4 + first, 4 + last)
local count = last - first + 1
local added, granted = 0, nil
if held == string.rep('\0', count) then
  redis.call('SETRANGE', KEYS[2], 4 + first, string.rep('\1', count))
  added, granted = count, string.rep('\1', count)
else
  local to, ok = {}, {}
  for i = 1, count do
    local is = string.byte(held, i) or 0
    if is % 32 == 0 then
      added = added + 1
      to[i], ok[i] = string.char(is + 1), '\1'
    else
      to[i], ok[i] = string.char(is), is % 32 == 1 and '\1' or '\0'
    end
  end
  granted = table.concat(ok)
  if added > 0 then redis.call('SETRANGE', KEYS[2], 4 + first, table.concat(to)) end
end
if added > 0 then redis.call('BITFIELD', KEYS[1], 'INCRBY', 'u32', '#' .. (tonumber(ARGV[2]) * 32 + 1), added) end
return granted
