package wire

import "strings"

// Reserved reports a kv row that only the server writes; devices pull it like
// any other.
func Reserved(t Table, pk string) bool {
	if t != KV {
		return false
	}
	return pk == "plugins.enabled" || strings.HasPrefix(pk, "plugins.settings.") || strings.HasPrefix(pk, "admin.")
}

// PersonalKV gives the person a kv row named user.<user_id>.<anything> belongs
// to: they alone see and write it. ok is false for rows that everybody shares.
func PersonalKV(t Table, pk string) (userID string, ok bool) {
	if t != KV {
		return "", false
	}
	return person(pk)
}

// PersonalNotice gives the person a notification with an id of the form
// user.<user_id>.<anything> belongs to. Such an id may follow from what others
// know, because nobody else can take it. ok is false for all other rows.
func PersonalNotice(t Table, pk string) (userID string, ok bool) {
	if t != Notifications {
		return "", false
	}
	return person(pk)
}

func person(pk string) (userID string, ok bool) {
	rest, found := strings.CutPrefix(pk, "user.")
	if !found {
		return "", false
	}
	userID, _, found = strings.Cut(rest, ".")
	return userID, found
}
