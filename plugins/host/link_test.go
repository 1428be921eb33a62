package host_test

import (
	"testing"

	"or3.cloud/or3/plugins/host"
)

func TestALinkStaysWithThePluginTheServerOrHTTPS(t *testing.T) {
	for _, link := range []string{"", "orders", "orders/5?x=1#y", "?tab=2", "/w/w1/t/t2", "/admin/members", "https://example.com/a?b=c"} {
		if err := host.CheckLink(link); err != nil {
			t.Errorf("%q is refused", link)
		}
	}
	for _, link := range []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "http://example.com", "//example.com", "/\\example.com", "\\\\x", "https:x",
		"https://", "https://a:b@example.com", "mailto:a@b.c", "x y", "\tx", "java\nscript:x", "../x", "a/../../x", "/w/../admin", "vbscript:x", ":x", "%zz",
	} {
		if err := host.CheckLink(link); err == nil {
			t.Errorf("%q is taken", link)
		}
	}
}
