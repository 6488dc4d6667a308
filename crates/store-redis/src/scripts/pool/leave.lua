-- Takes a ticket out for good, its kept place too.
--
-- ARGV 5 ticket, 6 device.
-- Answers 1 when it was waiting, else 0: also when it is asked again. Cost O(log n).
local function answer()
  local it = load(ARGV[6])
  if it.s == 'i' or it.t ~= ARGV[5] then return 0 end
  local waited = it.s == 'w'
  if waited then take(it) end
  it.s = 'i'
  save(it)
  return waited and 1 or 0
end
