package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// Profile is what a person says about themselves; nil leaves a field as it is.
type Profile struct {
	DisplayName *string // 1–120 characters
	Locale      *string // a language tag, "" = the browser's
	TimeZone    *string // an IANA name, "" = the browser's
}

// UpdateProfile changes the person's own profile.
func (s *Service) UpdateProfile(ctx context.Context, by *policies.Session, p Profile) error {
	if err := signedIn(by); err != nil {
		return err
	}
	var problems fields
	check := func(value *string, clean func(string) (string, error)) {
		if value == nil {
			return
		}
		cleaned, err := clean(*value)
		problems.add(err)
		*value = cleaned
	}
	p = p.copy()
	check(p.DisplayName, func(v string) (string, error) { return checkName("display_name", "your name", v, maxDisplayName) })
	check(p.Locale, checkLocale)
	check(p.TimeZone, checkZone)
	if err := problems.err(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		u, err := db.LockUser(ctx, tx, by.UserID)
		if err != nil {
			return err
		}
		name, locale, zone := pick(p.DisplayName, u.DisplayName), pick(p.Locale, u.Locale), pick(p.TimeZone, u.TimeZone)
		if err := db.SetUserProfile(ctx, tx, u.ID, name, locale, zone); err != nil {
			return err
		}
		return s.db.BumpAccess(ctx, tx, db.AccessChange{UserID: u.ID}) // sessions carry the profile
	})
}

// copy keeps the caller's strings from being cleaned in place.
func (p Profile) copy() Profile {
	for _, field := range []**string{&p.DisplayName, &p.Locale, &p.TimeZone} {
		if *field != nil {
			value := **field
			*field = &value
		}
	}
	return p
}

func pick(value *string, otherwise string) string {
	if value == nil {
		return otherwise
	}
	return *value
}
