package policies

// Roles lists the roles, widest first.
func Roles() []Role { return []Role{Owner, Editor, Viewer} }

// Permissions lists every permission, in the order in which people read about them.
func Permissions() []Permission {
	return []Permission{WorkspaceRead, WorkspaceWrite, AdminAccess, WorkspaceSettingsManage, UsersManage, PluginsManage}
}

// Valid reports whether the role exists. The empty role does not.
func (r Role) Valid() bool { return r.index() >= 0 }

// Valid reports whether the permission exists.
func (p Permission) Valid() bool { return p.index() >= 0 }

// Describe says in a few words what a permission lets a person do; "" for an unknown one.
func Describe(p Permission) string {
	switch p {
	case WorkspaceRead:
		return "See threads and messages"
	case WorkspaceWrite:
		return "Write and change threads and messages"
	case AdminAccess:
		return "Open the admin pages and read what they show"
	case WorkspaceSettingsManage:
		return "Rename, configure, restrict and delete the workspace"
	case UsersManage:
		return "Invite and remove people and change their roles"
	case PluginsManage:
		return "Install plugins and turn them on and off"
	default:
		return ""
	}
}

const (
	roleCount       = 3
	permissionCount = 6
)

// index is the row of the access table, -1 for what is no role.
func (r Role) index() int {
	switch r {
	case Owner:
		return 0
	case Editor:
		return 1
	case Viewer:
		return 2
	default:
		return -1
	}
}

// index is the column of the access table, -1 for what is no permission.
func (p Permission) index() int {
	switch p {
	case WorkspaceRead:
		return 0
	case WorkspaceWrite:
		return 1
	case AdminAccess:
		return 2
	case WorkspaceSettingsManage:
		return 3
	case UsersManage:
		return 4
	case PluginsManage:
		return 5
	default:
		return -1
	}
}

// permissionSet holds one bit for each permission.
type permissionSet uint8

func (s permissionSet) has(column int) bool { return s&(1<<column) != 0 }

// maxID is the longest id of a person or workspace, in bytes.
const maxID = 64

// validID reports whether s can be the id of a person or a workspace:
// [A-Za-z0-9_-]{1,64}. Nothing else is ever looked up, so that no pattern,
// prefix or control character reaches the directory.
func validID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
