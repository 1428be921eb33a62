package fetch

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"or3.cloud/or3/plugins/host"
)

// The codes of errors. They are part of the plugin contract.
const (
	BadRequest       = "bad_request"        // the plugin asked in a way that is wrong whoever asks
	NotAllowed       = "not_allowed"        // a host, method or secret that was not granted
	PrivateAddress   = "private_address"    // the host leads to an address that is not public
	TooLarge         = "too_large"          // a body or a head, of the request or the answer
	TooMany          = "too_many"           // fetches in one call
	TooManyRedirects = "too_many_redirects" // or a circle of them
	SecretMissing    = "secret_missing"     // a granted secret that nobody has set
	Timeout          = "timeout"            // the time of a fetch, or of the call it belongs to
	Unreachable      = "unreachable"        // no host, no connection, no trust, or no HTTP
)

func fail(code, format string, args ...any) error {
	return &host.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// explain says in our words what went wrong on the way to a host. The cause's own
// words stay out: they may hold what another server wrote.
func (c *Client) explain(ctx context.Context, to target, err error) error {
	var known *host.Error
	var dns *net.DNSError
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil && context.Cause(ctx) == errTime: //nolint:errorlint // the very value that was given
		return fail(Timeout, "%s took longer than the %s that a fetch may take, with its redirects. Ask for less, or ask again later.", to.name, c.limits.Time)
	case ctx.Err() != nil:
		return fail(Timeout, "The time of the plugin's call was over before %s had answered.", to.name)
	case errors.Is(err, errTooLarge):
		return fail(TooLarge, "The answer of %s has more than %d bytes. Ask for less at once.", to.name, c.limits.Body)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF):
		return fail(Unreachable, "The answer of %s ended in the middle or is damaged. Ask again later.", to.name)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fail(Unreachable, "There is no host %s. Look at the spelling.", to.name)
	case errors.As(err, &dns):
		return fail(Unreachable, "The address of %s could not be looked up. Ask again later.", to.name)
	case errors.As(err, &untrusted):
		return fail(Unreachable, "%s has no certificate that is valid for this name and known here.", to.name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(Unreachable, "%s takes no connections on port %s.", to.name, to.port)
	case strings.Contains(err.Error(), "response headers exceeded"):
		return fail(TooLarge, "The answer of %s begins with more than %d KiB of headers.", to.name, c.limits.Head>>10)
	}
	return fail(Unreachable, "%s could not be reached on port %s, or did not answer as HTTP wants it. Ask again later.", to.name, to.port)
}
