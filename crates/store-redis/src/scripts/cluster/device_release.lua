-- Gives up a claim. ARGV 2 session. Answers 1; again: the same. Cost O(1).
local it = load()
if it and it.s == ARGV[2] then
  it.s = ''
  save(it)
end
return 1
