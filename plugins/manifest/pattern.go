package manifest

import "regexp/syntax"

// maxPatterns bounds the steps of all patterns of the settings together. Each step
// is kept in memory for as long as the plugin is installed, and .{1000} are a
// thousand: a manifest of the largest size could ask for gigabytes.
const maxPatterns = 20_000

// patterns refuses the pattern at which all so far have too many steps, and gives
// what is left for others.
func patterns(f *found, at string, fields []Field, left int) int {
	for i := range fields {
		place := at + pointer("properties", fields[i].Name)
		for p := &fields[i]; p != nil; p = p.Items {
			if left >= 0 {
				if left -= steps(p.Pattern); left < 0 {
					f.add(BadSettings, place+"/pattern", "The patterns of the settings have more than %d steps together: repeat less, and bound lengths with maxLength.", maxPatterns)
				}
			}
			place += "/items"
		}
		left = patterns(f, at+pointer("properties", fields[i].Name), fields[i].Fields, left)
	}
	return left
}

// steps is about how many instructions a pattern is compiled to. What is no pattern
// has none.
func steps(pattern string) int {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	return stepsOf(re)
}

func stepsOf(re *syntax.Regexp) int {
	n := max(1, len(re.Rune))
	if re.Op == syntax.OpCharClass {
		n = 1
	}
	for _, sub := range re.Sub {
		n += stepsOf(sub)
	}
	if re.Op == syntax.OpRepeat { // the parser takes at most 1,000, one in the other
		n *= max(1, re.Min, re.Max)
	}
	return n
}
