//go:build or3_mistakes

package mistake

import "os"

// Variable names the mistake to make.
const Variable = "OR3_TEST_MISTAKE"

// On reports whether the program is to make the mistake.
func On(m Mistake) bool { return os.Getenv(Variable) == string(m) }
