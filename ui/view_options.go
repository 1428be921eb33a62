package ui

// LocaleOptions are the languages a person can name as theirs. A stored one
// that is not in the list stays in it.
func LocaleOptions(selected string) []Option {
	all := []Option{
		{Value: "", Label: "As the browser says"},
		{Value: "cs-CZ", Label: "Čeština"}, {Value: "da-DK", Label: "Dansk"}, {Value: "de-DE", Label: "Deutsch"},
		{Value: "en-GB", Label: "English (United Kingdom)"}, {Value: "en-US", Label: "English (United States)"},
		{Value: "es-ES", Label: "Español"}, {Value: "fr-FR", Label: "Français"}, {Value: "it-IT", Label: "Italiano"},
		{Value: "ja-JP", Label: "日本語"}, {Value: "ko-KR", Label: "한국어"}, {Value: "nl-NL", Label: "Nederlands"},
		{Value: "nb-NO", Label: "Norsk bokmål"}, {Value: "pl-PL", Label: "Polski"}, {Value: "pt-BR", Label: "Português (Brasil)"},
		{Value: "fi-FI", Label: "Suomi"}, {Value: "sv-SE", Label: "Svenska"}, {Value: "tr-TR", Label: "Türkçe"},
		{Value: "uk-UA", Label: "Українська"}, {Value: "zh-CN", Label: "中文"},
	}
	if !choose(all, selected) {
		all = append(all, Option{Value: selected, Label: selected, Selected: true})
	}
	return all
}

// ZoneNames are suggestions for the time zone field; any IANA name is taken.
func ZoneNames() []string {
	return []string{
		"Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
		"America/Bogota", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Sao_Paulo", "America/Toronto",
		"Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Kolkata", "Asia/Manila", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo",
		"Atlantic/Reykjavik", "Australia/Perth", "Australia/Sydney",
		"Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich",
		"Pacific/Auckland", "UTC",
	}
}

// ThemeOptions are the three looks.
func ThemeOptions(selected string) []Option {
	all := []Option{
		{Value: "system", Label: "System", Hint: "As this device is set"},
		{Value: "light", Label: "Light"},
		{Value: "dark", Label: "Dark"},
	}
	if !choose(all, selected) {
		all[0].Selected = true
	}
	return all
}

// ExpiryOptions are the lives of an API token, in days.
func ExpiryOptions(selected string) []Option {
	all := []Option{
		{Value: "7", Label: "7 days"}, {Value: "30", Label: "30 days"},
		{Value: "90", Label: "90 days"}, {Value: "365", Label: "1 year"},
	}
	if !choose(all, selected) {
		all[2].Selected = true
	}
	return all
}

// choose marks the option with the value and reports whether there is one.
func choose(all []Option, value string) bool {
	for i := range all {
		if all[i].Value == value {
			all[i].Selected = true
			return true
		}
	}
	return false
}
