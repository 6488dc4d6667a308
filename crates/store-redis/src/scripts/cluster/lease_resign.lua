-- A node leaves on its own. ARGV 2 node. Answers 1; again: the same. Cost O(log n).
bury(ARGV[2])
return 1
