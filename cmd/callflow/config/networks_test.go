package config_test

import (
	"fmt"
	"os"
	"testing"
)

// An IPv4 network may be written as one of IPv6, and is taken for what it is.
func TestNetworks(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/ok/networks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, ds := load(string(src))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if got, want := fmt.Sprint(c.From), "map[jambonz:[203.0.113.0/24 2001:db8::/32 198.51.100.0/24 192.0.2.7/32]]"; got != want {
		t.Errorf("from %s, expected %s", got, want)
	}
	if got, want := fmt.Sprint(c.Proxies), "[127.0.0.1/32 ::1/128]"; got != want {
		t.Errorf("proxies %s, expected %s", got, want)
	}
}
