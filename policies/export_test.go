package policies

// Remembered counts the memberships a gate holds in memory.
func Remembered(g *Gate) int {
	n := 0
	for i := range g.standings.buckets {
		for j := range g.standings.buckets[i] {
			if g.standings.buckets[i][j].Load() != nil {
				n++
			}
		}
	}
	return n
}
