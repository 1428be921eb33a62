package fault

import (
	"strconv"
	"strings"
)

// Size words a number of bytes in decimal units, as messages say it: 412 KB,
// 18.3 MB.
func Size(n int64) string { return sized(n, 1000, []string{"KB", "MB", "GB", "TB", "PB"}) }

// Binary is Size in units of 1024: 412 KiB, 18.3 MiB.
func Binary(n int64) string { return sized(n, 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB"}) }

// SizeBeside is Size for a number that is read beside a bound, in units of the same
// kind: 26.3 MiB beside 25 MiB.
func SizeBeside(n, bound int64) string {
	limit, words := Limit(bound), Size(n)
	if strings.Contains(limit, "iB") {
		words = Binary(n)
	}
	if n > bound && words == limit { // no digit tells them apart
		return strconv.FormatInt(n, 10) + " B"
	}
	return words
}

func sized(n int64, step float64, units []string) string {
	if float64(n) < step {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, unit := float64(n)/step, 0
	for ; value >= step-0.5 && unit < len(units)-1; unit++ {
		value /= step
	}
	digits := 0
	if unit > 0 && value < 99.95 {
		digits = 1
	}
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', digits, 64), ".0") + " " + units[unit]
}

// Limit words a bound in the unit it was set in, which is the one it is a whole
// number of: 25 MiB, 500 MB, 48 KiB.
func Limit(n int64) string {
	for _, unit := range []struct {
		n    int64
		name string
	}{{1 << 40, "TiB"}, {1e12, "TB"}, {1 << 30, "GiB"}, {1e9, "GB"}, {1 << 20, "MiB"}, {1e6, "MB"}, {1 << 10, "KiB"}, {1e3, "KB"}} {
		if n >= unit.n && n%unit.n == 0 {
			return strconv.FormatInt(n/unit.n, 10) + " " + unit.name
		}
	}
	return Size(n)
}
