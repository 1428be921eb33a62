package fetch_test

import (
	"net/http"
	"net/netip"
	"testing"

	"or3.cloud/or3/internal/fetch"
)

// notPublic are addresses that only this machine, its network or its provider has,
// in all their clothes.
var notPublic = []string{
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.8.8.8",
	"168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192",
	"192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
	"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
	"64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:db8::1",
	"2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::a9fe:a9fe", "fec0::1", "ff02::1",
	"fe80::1%eth0", "2606:4700::1111%eth0",
}

func TestAnAddressThatIsNotPublicIsNeverConnectedTo(t *testing.T) {
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {})
	c := w.client(fetch.Limits{})
	for _, address := range notPublic {
		if fetch.Public(netip.MustParseAddr(address)) {
			t.Errorf("%s counts as public", address)
		}
		for _, answer := range []string{address, somewhere + " " + address, address + " " + somewhere} {
			w.names["api.example.com"] = []string{answer}
			_, err := get(t, c, "https://api.example.com/")
			wantCode(t, err, fetch.PrivateAddress)
		}
	}
	w.wantDialed(t)
	if fetch.Public(netip.Addr{}) {
		t.Error("no address counts as public")
	}
}

func TestAPublicAddressIsConnectedTo(t *testing.T) {
	for _, address := range []string{"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
		"172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:200::1", "2001:4860::8888", "::ffff:8.8.8.8"} {
		if !fetch.Public(netip.MustParseAddr(address)) {
			t.Errorf("%s does not count as public", address)
		}
	}
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {})
	c := w.client(fetch.Limits{})
	w.names["api.example.com"] = []string{"::ffff:8.8.8.8", "2606:4700::1111"}
	for range 2 {
		if _, err := get(t, c, "https://api.example.com/"); err != nil {
			t.Fatal(err)
		}
	}
	w.wantDialed(t, "8.8.8.8:443", "[2606:4700::1111]:443")
}

// A name that is looked up again after it was judged could have another address
// by then.
func TestANameIsLookedUpOnceForEachConnection(t *testing.T) {
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {})
	c := w.client(fetch.Limits{})
	w.names["api.example.com"] = []string{somewhere, "127.0.0.1"}
	if _, err := get(t, c, "https://api.example.com/"); err != nil {
		t.Fatal(err)
	}
	if len(w.looked) != 1 {
		t.Errorf("one connection took the lookups %q", w.looked)
	}
	_, err := get(t, c, "https://api.example.com/")
	wantCode(t, err, fetch.PrivateAddress)
	w.wantDialed(t, somewhere+":443")
}

func TestARedirectToTheSameHostIsJudgedByItsNewAddress(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/again", http.StatusFound) })
	w.names["api.example.com"] = []string{somewhere, "169.254.169.254"}
	_, err := get(t, w.client(fetch.Limits{}), "https://api.example.com/")
	wantCode(t, err, fetch.PrivateAddress)
	w.wantDialed(t, somewhere+":443")
}
