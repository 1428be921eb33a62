package archive

// Kinds of extra data. Times and the numbers of owners are read over; they
// change nothing here. Everything else may give an entry another name, size or
// type than its header does.
const (
	extraZip64    = 0x0001
	extraNTFS     = 0x000a
	extraPKUnix   = 0x000d
	extraStrong   = 0x0017
	extraTimes    = 0x5455
	extraOldUnix  = 0x5855
	extraASiUnix  = 0x756e
	extraOwner    = 0x7875
	extraAES      = 0x9901
	pkUnixDataLen = 12 // times and owner; what follows is the target of a link
)

// checkExtra walks extra data and gives the reason against it, if there is one.
func checkExtra(b []byte) Code {
	for len(b) > 0 {
		if len(b) < 4 {
			return Extra
		}
		kind, n := little.Uint16(b), int(little.Uint16(b[2:]))
		if 4+n > len(b) {
			return Extra
		}
		switch kind {
		case extraTimes, extraOldUnix, extraOwner, extraNTFS:
		case extraZip64:
			return Zip64
		case extraPKUnix:
			if n > pkUnixDataLen {
				return Hardlink
			}
		case extraASiUnix:
			return Symlink
		case extraStrong, extraAES:
			return Encrypted
		default:
			return Extra
		}
		b = b[4+n:]
	}
	return ""
}
