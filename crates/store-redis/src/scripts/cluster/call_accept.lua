-- Makes an offered call live. ARGV 2 its life in ms. Answers 1 when it is live, else 0; again: the same. Cost O(1).
local it = load()
if not it or it.st == 'x' then return 0 end
if it.st == 'o' then set(ARGV[2], 'st', 'l') end
return 1
