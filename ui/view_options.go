package ui

import "slices"

// LocaleOptions are the languages a person can name as theirs. A stored one
// that is not in the list stays in it.
func LocaleOptions(stored string) []Option {
	all := []Option{
		{"", "As the browser says"},
		{"cs-CZ", "Čeština"}, {"da-DK", "Dansk"}, {"de-DE", "Deutsch"}, {"en-GB", "English (United Kingdom)"},
		{"en-US", "English (United States)"}, {"es-ES", "Español"}, {"fr-FR", "Français"}, {"it-IT", "Italiano"},
		{"ja-JP", "日本語"}, {"ko-KR", "한국어"}, {"nl-NL", "Nederlands"}, {"nb-NO", "Norsk bokmål"},
		{"pl-PL", "Polski"}, {"pt-BR", "Português (Brasil)"}, {"fi-FI", "Suomi"}, {"sv-SE", "Svenska"},
		{"tr-TR", "Türkçe"}, {"uk-UA", "Українська"}, {"zh-CN", "中文"},
	}
	if !slices.ContainsFunc(all, func(o Option) bool { return o.Value == stored }) {
		all = append(all, Option{stored, stored})
	}
	return all
}

// ZoneCookie carries the browser's own time zone, which its script sets, for
// people who have chosen none.
const ZoneCookie = "or3_zone"

// ZoneNames are suggestions for the time zone field; any IANA name is taken.
func ZoneNames() []string {
	return []string{
		"Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
		"America/Bogota", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Mexico_City",
		"America/New_York", "America/Sao_Paulo", "America/Toronto",
		"Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Kolkata", "Asia/Manila", "Asia/Seoul",
		"Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo",
		"Atlantic/Reykjavik", "Australia/Perth", "Australia/Sydney",
		"Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki",
		"Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Oslo", "Europe/Paris",
		"Europe/Prague", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich",
		"Pacific/Auckland", "UTC",
	}
}

// ExpiryOptions are the lives of an API token, in days.
func ExpiryOptions() []Option {
	return []Option{{"7", "7 days"}, {"30", "30 days"}, {"90", "90 days"}, {"365", "1 year"}}
}

// RoleOptions are the three roles, widest first.
func RoleOptions() []Option {
	return []Option{{"owner", "Owner"}, {"editor", "Editor"}, {"viewer", "Viewer"}}
}
