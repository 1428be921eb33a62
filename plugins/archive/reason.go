package archive

// Code says why a package is refused. Codes are stable: people search for them,
// and programs compare them.
type Code string

// The codes, one for each way of being wrong.
const (
	// Names.
	Traversal     Code = "archive/traversal"
	Absolute      Code = "archive/absolute"
	Drive         Code = "archive/drive"
	UNC           Code = "archive/unc"
	Backslash     Code = "archive/backslash"
	NUL           Code = "archive/nul"
	NonASCII      Code = "archive/non_ascii"
	Character     Code = "archive/character"
	EmptyName     Code = "archive/empty_name"
	DotSegment    Code = "archive/dot_segment"
	HiddenName    Code = "archive/hidden_name"
	TrailingDot   Code = "archive/trailing_dot"
	DeviceName    Code = "archive/device_name"
	Duplicate     Code = "archive/duplicate"
	FileAndFolder Code = "archive/file_and_folder"
	Depth         Code = "archive/depth"
	NameLength    Code = "archive/name_length"

	// Types.
	Symlink  Code = "archive/symlink"
	Hardlink Code = "archive/hardlink"
	Device   Code = "archive/device"
	FIFO     Code = "archive/fifo"
	Socket   Code = "archive/socket"
	Setuid   Code = "archive/setuid"
	FileType Code = "archive/file_type"
	Folder   Code = "archive/folder"

	// Structure.
	NotZip           Code = "archive/not_zip"
	Truncated        Code = "archive/truncated"
	Prefix           Code = "archive/prefix"
	Trailing         Code = "archive/trailing"
	Gap              Code = "archive/gap"
	Overlap          Code = "archive/overlap"
	Mismatch         Code = "archive/mismatch"
	CentralDirectory Code = "archive/central_directory"
	Count            Code = "archive/count"
	Comment          Code = "archive/comment"
	Zip64            Code = "archive/zip64"
	Split            Code = "archive/split"
	Encrypted        Code = "archive/encrypted"
	Flags            Code = "archive/flags"
	Method           Code = "archive/method"
	Extra            Code = "archive/extra"
	CRC              Code = "archive/crc"
	Data             Code = "archive/data"
	Nested           Code = "archive/nested"
	Polyglot         Code = "archive/polyglot"

	// Sizes.
	Oversized     Code = "archive/oversized"
	TooManyFiles  Code = "archive/too_many_files"
	Unpacked      Code = "archive/unpacked"
	WasmSize      Code = "archive/wasm_size"
	ManifestSize  Code = "archive/manifest_size"
	SignatureSize Code = "archive/signature_size"
	Ratio         Code = "archive/ratio"
	Size          Code = "archive/size"

	// Contents.
	Empty           Code = "archive/empty"
	ManifestMissing Code = "archive/manifest_missing"
	ManifestTwice   Code = "archive/manifest_twice"
	UnknownFile     Code = "archive/unknown_file"
)

// Reason is a code with the words that go with it.
type Reason struct {
	Code Code
	What string // what is wrong, a sentence without its subject where an entry is the subject
	Do   string // what to do about it
}

const (
	repack  = "Make the package with or3 plugin pack."
	rename  = "Rename it, then make the package with or3 plugin pack."
	again   = "Upload it again; if it is refused again, make the package anew with or3 plugin pack."
	regular = "A package holds plain files only: put a copy of the file there instead."
)

// Reasons is the table of codes and their words.
func Reasons() []Reason {
	return []Reason{
		{Traversal, "leads out of the package with a part that is only dots", rename},
		{Absolute, "begins at the root of a file system", rename},
		{Drive, "names a drive of Windows", rename},
		{UNC, "names a network share", rename},
		{Backslash, "holds a backslash", "Use / between folders, then make the package with or3 plugin pack."},
		{NUL, "holds the character NUL", rename},
		{NonASCII, "holds a character that is not ASCII", rename},
		{Character, "holds a character other than letters, digits and . _ - + @", rename},
		{EmptyName, "has an empty name or two slashes in a row", rename},
		{DotSegment, "has a part that is a single dot", rename},
		{HiddenName, "has a part that begins with a dot", "Leave hidden files such as .git and .DS_Store out of the package."},
		{TrailingDot, "has a part that ends in a dot or a space", rename},
		{DeviceName, "is the name of a device on Windows", rename},
		{Duplicate, "is there twice, capital letters aside", "Keep one of the two."},
		{FileAndFolder, "is a file and a folder at once", "Rename one of the two."},
		{Depth, "lies too deep in folders", "Put it into fewer folders."},
		{NameLength, "has a name that is too long", "Shorten the name."},

		{Symlink, "is a symbolic link", regular},
		{Hardlink, "is a hard link", regular},
		{Device, "is a device", regular},
		{FIFO, "is a pipe", regular},
		{Socket, "is a socket", regular},
		{Setuid, "asks to run with somebody else's rights (setuid, setgid or sticky)", "Take that bit away (chmod ug-s,-t), then make the package with or3 plugin pack."},
		{FileType, "is of a type that is neither file nor folder", regular},
		{Folder, "is a folder with something in the folder itself, or a file called a folder", repack},

		{NotZip, "The file is not a zip.", "Upload the package that or3 plugin pack made."},
		{Truncated, "The end of the zip is missing.", again},
		{Prefix, "Something stands before the first file of the zip.", repack},
		{Trailing, "Something stands behind the end of the zip.", repack},
		{Gap, "The zip holds bytes that belong to no file.", repack},
		{Overlap, "Files of the zip share the same bytes.", repack},
		{Mismatch, "is described in two ways that differ", repack},
		{CentralDirectory, "The table of contents of the zip is damaged.", again},
		{Count, "The zip does not hold as many files as it says.", repack},
		{Comment, "The zip, or a file in it, carries a comment.", repack},
		{Zip64, "The zip uses zip64, which no package of this size needs.", repack},
		{Split, "The zip is one part of several.", "Make one zip of it with or3 plugin pack."},
		{Encrypted, "is encrypted", "Make the package without a password."},
		{Flags, "uses features of zip that packages do not use", repack},
		{Method, "is compressed in a way other than deflate", repack},
		{Extra, "carries extra data that packages do not use", repack},
		{CRC, "is damaged: its check sum is wrong", again},
		{Data, "is damaged: it cannot be unpacked", again},
		{Nested, "is an archive itself", "Put its files into the package, not the archive."},
		{Polyglot, "is not what its name says it is", "Give it the ending that fits what is in it."},

		{Oversized, "The package is too large.", "Leave out what the plugin does not use, or build its module smaller."},
		{TooManyFiles, "The package holds too many files.", "Leave out what the plugin does not use."},
		{Unpacked, "The package is too large when it is unpacked.", "Leave out what the plugin does not use."},
		{WasmSize, "is too large for a WebAssembly module", "Build it smaller: leave out symbols (-ldflags=-s -w) and what the plugin does not use."},
		{ManifestSize, "is too large for a manifest", "Shorten it; long texts belong into README.md."},
		{SignatureSize, "is too large for a signature", "Sign the package again with or3 plugin sign."},
		{Ratio, "unpacks to far more than its packed size, as a zip bomb does", "Leave it out, or make it smaller before packing."},
		{Size, "has another size than the zip says", repack},

		{Empty, "The package holds nothing.", repack},
		{ManifestMissing, "The package has no or3.manifest.json at its top, or in its one wrapping folder.", "Put or3.manifest.json beside plugin.wasm; or3 plugin new makes one."},
		{ManifestTwice, "The package holds more than one or3.manifest.json.", "Make a package for each plugin."},
		{UnknownFile, "is not a file of a package", "A package holds or3.manifest.json, plugin.wasm, README.md, CHANGELOG.md, LICENSE, SIGNATURE, i18n/*.json and, in assets/, whatever its pages show."},
	}
}

// Lookup finds a code's words.
func Lookup(code Code) (Reason, bool) {
	for _, r := range Reasons() {
		if r.Code == code {
			return r, true
		}
	}
	return Reason{}, false
}
