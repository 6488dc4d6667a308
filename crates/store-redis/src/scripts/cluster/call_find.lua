-- Answers {record, the offerer's node, the answerer's} of a live call, else {}. Cost O(1).
local it = load()
if not it or it.st ~= 'l' then return {} end
return { it.r, it.o, it.a }
