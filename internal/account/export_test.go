package account

// WaitForRechecks waits for the questions to foreign providers under way.
func (s *Service) WaitForRechecks() { s.rechecks.wait() }

// For the tests of parsers.
var (
	CheckEmail  = checkEmail
	CheckLocale = checkLocale
	CheckZone   = checkZone
	IsSecret    = isSecret
	NewSecret   = newSecret
	DecodeHash  = decodeHash
	Network     = network
)
