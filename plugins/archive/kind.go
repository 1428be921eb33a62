package archive

// What the upper half of an entry's attributes says where Unix made it, and
// some other systems too: it is judged whoever claims to have made it.
const (
	unixType    = 0o170000
	unixFIFO    = 0o010000
	unixChar    = 0o020000
	unixFolder  = 0o040000
	unixBlock   = 0o060000
	unixRegular = 0o100000
	unixLink    = 0o120000
	unixSocket  = 0o140000
	unixSetuid  = 0o004000
	unixSetgid  = 0o002000
	unixSticky  = 0o001000
)

// What the lower half says, where Windows or DOS made it.
const (
	dosVolume  = 0x08
	dosFolder  = 0x10
	dosDevice  = 0x40
	dosReparse = 0x400
)

// checkKind gives the reason against an entry's type, if there is one: only
// plain files are taken, and folders that hold nothing themselves.
func (e *entry) checkKind() Code {
	mode := e.attrs >> 16
	switch mode & unixType {
	case unixLink:
		return Symlink
	case unixChar, unixBlock:
		return Device
	case unixFIFO:
		return FIFO
	case unixSocket:
		return Socket
	case 0, unixRegular, unixFolder:
	default:
		return FileType
	}
	switch attrs := e.attrs; {
	case mode&(unixSetuid|unixSetgid|unixSticky) != 0:
		return Setuid
	case attrs&dosReparse != 0:
		return Symlink
	case attrs&dosDevice != 0:
		return Device
	case attrs&dosVolume != 0:
		return FileType
	}
	saysFolder := mode&unixType == unixFolder || e.attrs&dosFolder != 0
	saysFile := mode&unixType == unixRegular
	if e.folder && (saysFile || e.size != 0 || e.packed != 0 || e.crc != 0) || !e.folder && saysFolder {
		return Folder
	}
	return ""
}
