-- Write committed states and move the position, once: a retry finds the position moved and does nothing.
-- KEYS: partition, due, blocked. ARGV: claim, position before, position after, source position, meta, customers, applied at,
-- customer key prefix, segment key prefix, segment key suffix, '1' while rebuilding (keys of any type are replaced),
-- the figures' key prefix and suffix, the customers' fields as a msgpack array, the changed figures as another, the
-- erasures as a third, then each customer's state record.
-- Fields: id, due, valid until, recency, frequency, monetary, unique products, model version, and for those who are
-- new or moved: the segment shown so far (false: look it up), new or not, segment, name, since, since in µs, sequence,
-- history. Figures: name, all fields with their numbers. Erasures: ids, entries of the block list to set, and those
-- to remove; all before a customer is written, who may have come back since.
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return 'CLAIM' end
if held[2] == ARGV[3] and ARGV[2] ~= ARGV[3] then return 'DONE' end
if (held[2] or '0') ~= ARGV[2] then return 'POSITION' end
local call = redis.call
local due, leavers, members = {}, {}, {}

local function note(lists, segment, ...)
  local list = lists[segment] or {}
  lists[segment] = list
  for _, value in ipairs({ ... }) do list[#list + 1] = value end
end

-- One command for many members, in slices that fit Lua's stack: a command each would take half of the script's time.
local function write(command, key, values)
  for first = 1, #values, 4000 do
    call(command, key, unpack(values, first, math.min(first + 3999, #values)))
  end
end

local erased, kept, lifted = unpack(cmsgpack.unpack(ARGV[16]))
if #erased > 0 then
  for _, name in ipairs(call('HKEYS', KEYS[1])) do
    if string.sub(name, 1, 6) == 'index:' then write('ZREM', ARGV[9] .. string.sub(name, 7) .. ARGV[10], erased) end
  end
  write('ZREM', KEYS[2], erased)
  for _, id in ipairs(erased) do call('DEL', ARGV[8] .. id) end
end
write('HSET', KEYS[3], kept)
for _, hash in ipairs(lifted) do call('HDEL', KEYS[3], hash) end

for i, row in ipairs(cmsgpack.unpack(ARGV[14])) do
  local id, was, segment = row[1], row[9], row[11]
  local key = ARGV[8] .. id
  if ARGV[11] == '1' and call('TYPE', key).ok ~= 'hash' then call('DEL', key) end
  local added
  if segment then
    if was == false then
      was = call('HGET', key, 'segment')
      -- Somebody deleted the hash: which segment's index still lists the customer is lost with it.
      if not was and call('ZSCORE', KEYS[2], id) then return 'DAMAGED' end
      was = was or ''
    end
    if was ~= '' and was ~= segment then note(leavers, was, id) end
    if segment ~= '' then note(members, segment, row[14], id) end
    added = call('HSET', key, 'segment', segment, 'name', row[12], 'since', row[13], 'sequence', row[15],
      'history', row[16], 'valid_until', row[3], 'recency_at', row[4], 'frequency', row[5], 'monetary', row[6],
      'unique_products', row[7], 'model_version', row[8], 'state', ARGV[16 + i])
  else
    added = call('HSET', key, 'valid_until', row[3], 'recency_at', row[4], 'frequency', row[5], 'monetary', row[6],
      'unique_products', row[7], 'model_version', row[8], 'state', ARGV[16 + i])
  end
  -- Who is not new has every field already, unless somebody deleted some.
  if added > 0 and not row[10] then return 'DAMAGED' end
  due[2 * i - 1], due[2 * i] = row[2], id
end
write('ZADD', KEYS[2], due)
for segment, ids in pairs(leavers) do write('ZREM', ARGV[9] .. segment .. ARGV[10], ids) end
for segment, list in pairs(members) do
  call('HSETNX', KEYS[1], 'index:' .. segment, '1')
  write('ZADD', ARGV[9] .. segment .. ARGV[10], list)
end
for _, figure in ipairs(cmsgpack.unpack(ARGV[15])) do
  local key, size = ARGV[12] .. figure[1] .. ARGV[13], #figure[2] / 2
  if ARGV[11] == '1' then call('DEL', key) end
  write('HSET', key, figure[2])
  -- Fields come and never go: more or fewer than the worker knows of were written by somebody else.
  if call('HLEN', key) ~= size then return 'DAMAGED' end
  call('HSET', KEYS[1], figure[1], size)
end
call('HSET', KEYS[1], 'position', ARGV[3], 'source_position', ARGV[4], 'meta', ARGV[5], 'customers', ARGV[6],
  'applied_at', ARGV[7])
return 'OK'
