package server

import (
	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// doing is a permission as the verb of a sentence.
func doing(p policies.Permission) string {
	switch p {
	case policies.WorkspaceRead:
		return "read"
	case policies.WorkspaceWrite:
		return "write"
	case policies.AdminAccess:
		return "open the admin pages"
	case policies.WorkspaceSettingsManage:
		return "change the settings"
	case policies.UsersManage:
		return "manage members"
	case policies.PluginsManage:
		return "manage plugins"
	}
	return "do " + string(p)
}

// why is the reason of a decision in a sentence.
func why(d policies.Decision, name string) string {
	role := ui.RoleName(string(d.Role)) + "s"
	switch d.Reason {
	case policies.Granted:
		return role + " carry this permission, and nothing narrows it."
	case policies.DeploymentGrant:
		return name + " is a deployment admin."
	case policies.Forbidden:
		return role + " do not carry this permission."
	case policies.Restricted:
		return "The role allows it. This workspace takes it from " + string(d.Role) + "s."
	case policies.Filtered:
		for _, f := range d.Filters {
			if f.Allowed {
				continue
			}
			if f.Reason != "" {
				return "The role allows it. A decision filter takes it away: " + f.Name + ", “" + f.Reason + "”."
			}
			return "The role allows it. A decision filter takes it away: " + f.Name + "."
		}
	case policies.NotFound:
		return name + " is not a member. For " + name + " the workspace does not exist."
	}
	return "The permission does not exist, so nobody has it."
}

func sessionEvidence(who account.Person) string {
	if who.DisabledAt != nil {
		return who.DisplayName + " is disabled and cannot sign in"
	}
	return "As if " + who.DisplayName + " asked now"
}

func roleEvidence(role policies.Role, place string) string {
	if role == "" {
		return "Not a member of " + place
	}
	return ui.RoleName(string(role)) + " of " + place
}

func policyEvidence(d policies.Decision, carries bool) string {
	if d.Policy != "" {
		return ""
	}
	if carries {
		return "The role carries it"
	}
	return "No line gives " + string(d.Permission) + " to " + string(d.Role) + "s"
}

func restrictionEvidence(d policies.Decision) string {
	if d.Reason == policies.Restricted {
		return "This workspace takes " + string(d.Permission) + " from " + string(d.Role) + "s"
	}
	return "None on this role and permission"
}
