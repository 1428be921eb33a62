//go:build !or3_mistakes

package mistake

// On reports whether the program is to make the mistake: never.
func On(Mistake) bool { return false }
