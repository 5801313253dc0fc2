-- Applies events to slots of batches of one broadcast in one shard, and keeps the counts in step.
-- KEYS  1 counts of the broadcast in this shard; then one slots string for each batch
-- ARGV  1 table of changes (byte event * 32 + state: next state, with 0x80 where the event marks it in doubt);
--       then for each batch: lane, size, parts, runs
-- A run is 6 bytes: first slot (2), last slot (2), event, part. Its event happens to each slot from first to last.
-- With parts > 1 (one receipt a segment) a slot's parts that arrived are a bit mask, kept behind the slots; the slot
-- takes the event `delivered` when the mask is full. The event's code is byte 1 of the table's tail (see scripts.ts).
-- Returns the number of slots that changed.
local tbl = ARGV[1]
local totals, changed = {}, 0
local byte, char, floor = string.byte, string.char, math.floor
local whole = byte(tbl, #tbl)
for b = 2, #KEYS do
  local key, a = KEYS[b], 4 * b - 6
  local lane, size, parts, runs = tonumber(ARGV[a]), tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), ARGV[a + 3]
  local low, high = size, 0
  for p = 1, #runs, 6 do
    local f1, f2, l1, l2 = byte(runs, p, p + 3)
    if f1 * 256 + f2 < low then low = f1 * 256 + f2 end
    if l1 * 256 + l2 > high then high = l1 * 256 + l2 end
  end
  local held = redis.call('GETRANGE', key, 4 + low, 4 + high)
  local arrived = parts > 1 and redis.call('GETRANGE', key, 4 + size + low, 4 + size + high) or ''
  local now, order, counter, masks, masked = {}, {}, lane * 32, {}, {}
  for p = 1, #runs, 6 do
    local f1, f2, l1, l2, event, part = byte(runs, p, p + 5)
    local row = event * 32 + 1
    for slot = f1 * 256 + f2, l1 * 256 + l2 do
      local is = now[slot] or byte(held, slot - low + 1) or 0
      local marked = is >= 128
      local state = marked and is % 128 or is
      local to = byte(tbl, row + state)
      if parts > 1 and event == whole then
        local mask = masks[slot] or byte(arrived, slot - low + 1) or 0
        if floor(mask / 2 ^ part) % 2 == 0 then
          mask = mask + 2 ^ part
          if masks[slot] == nil then masked[#masked + 1] = slot end
          masks[slot] = mask
        end
        if mask ~= 2 ^ parts - 1 then to = state end
      end
      if to ~= state then
        if to >= 128 then
          to = to - 128
          if not marked then totals[counter + 31] = (totals[counter + 31] or 0) + 1 marked = true end
        end
        if to ~= state then
          totals[counter + state] = (totals[counter + state] or 0) - 1
          totals[counter + to] = (totals[counter + to] or 0) + 1
        end
        if now[slot] == nil then order[#order + 1] = slot end
        now[slot] = marked and to + 128 or to
      end
    end
  end
  local n = #order
  changed = changed + n
  local ops, i = nil, 1
  while i <= n do
    local j = i
    while j < n and order[j + 1] == order[j] + 1 do j = j + 1 end
    if j - i >= 3 then
      local out = {}
      for k = i, j do out[#out + 1] = char(now[order[k]]) end
      redis.call('SETRANGE', key, 4 + order[i], table.concat(out))
    else
      ops = ops or {'BITFIELD', key}
      for k = i, j do
        local m = #ops
        ops[m + 1] = 'SET' ops[m + 2] = 'u8' ops[m + 3] = '#' .. (4 + order[k]) ops[m + 4] = now[order[k]]
      end
    end
    i = j + 1
  end
  if ops then redis.call(unpack(ops)) end
  if #masked > 0 then
    ops = {'BITFIELD', key}
    for k = 1, #masked do
      local m = #ops
      ops[m + 1] = 'SET' ops[m + 2] = 'u8' ops[m + 3] = '#' .. (4 + size + masked[k]) ops[m + 4] = masks[masked[k]]
    end
    redis.call(unpack(ops))
  end
end
-- What no other state counts is pending, so it has no counter. In portions: Lua unpacks some 8,000 values at most, and a
-- script that fails here has changed slots already.
local bits = {'BITFIELD', KEYS[1]}
for at, by in pairs(totals) do
  if at % 32 ~= 0 and by ~= 0 then
    local m = #bits
    bits[m + 1] = 'INCRBY' bits[m + 2] = 'u32' bits[m + 3] = '#' .. at bits[m + 4] = by
    if m > 4000 then
      redis.call(unpack(bits))
      bits = {'BITFIELD', KEYS[1]}
    end
  end
end
if #bits > 2 then redis.call(unpack(bits)) end
return changed
