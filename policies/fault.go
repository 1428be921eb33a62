package policies

import (
	"strings"

	"or3.cloud/or3/internal/fault"
)

// Fault is the denial in the vocabulary of failure; nil when the decision
// allows. A stranger learns nothing but that there is nothing.
func (d Decision) Fault() error {
	if d.Allowed {
		return nil
	}
	switch d.Reason {
	case Unauthenticated:
		return fault.New(fault.Unauthenticated, "Sign in to go on.")
	case NotFound:
		return fault.New(fault.NotFound, "There is nothing here, or it is not shared with you.")
	case LookupFailed:
		return fault.Wrap(d.Err, fault.Unavailable, "The server cannot check your rights right now. Nothing was changed. Try again in a moment.")
	case Restricted:
		return fault.New(fault.Forbidden, "This workspace does not let your role do that. An owner can change this.")
	case Filtered:
		return fault.New(fault.Forbidden, strings.TrimSpace("A rule of this server does not allow that. "+d.FilterWords()))
	default:
		return fault.New(fault.Forbidden, "Your role does not carry this right. An owner can do it or change your role.")
	}
}

// FilterWords are what the filter that refused says to the person, as a quotation;
// "" where none refused, or it said nothing. They are a plugin's, and plain text.
func (d Decision) FilterWords() string {
	for _, v := range d.Filters {
		if !v.Allowed && v.Reason != "" && v.Reason != failedAndRefused {
			return "It says: “" + v.Reason + "”"
		}
	}
	return ""
}
