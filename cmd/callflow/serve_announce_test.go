package main

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"callflow/providers"
	"callflow/server"
)

// consoleURLs are the addresses that a platform's page has its console told.
var consoleURLs = regexp.MustCompile("`(?:POST |GET )?(?:https://(?:[^@`]*@)?ivr\\.example\\.com|…)?(/v1/[a-z0-9]+/(?:calls|status)[^`]*)`")

// example is a server of the pages.
type example struct{}

func (example) StartURL(platform, flow string) string {
	return "https://ivr.example.com/v1/" + platform + strings.TrimSuffix("/calls/"+flow, "/")
}

func (example) StatusURL(platform string) string {
	return "https://ivr.example.com/v1/" + platform + "/status"
}

var _ addresses = (*server.Server)(nil)

// TestFields: what serve prints for a platform is what the platform's page has its
// console told, and nothing else.
func TestFields(t *testing.T) {
	t.Parallel()
	for _, e := range providers.Telephony() {
		page, err := os.ReadFile("../../providers/telephony/" + e.Name + "/README.md")
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for i, text := range strings.Split(string(page), "```") {
			if i%2 == 1 {
				continue // an example of something
			}
			for _, found := range consoleURLs.FindAllStringSubmatch(text, -1) {
				u, err := url.Parse(found[1])
				if err != nil {
					t.Fatal(err)
				}
				address := u.Path
				if u.Query().Has("lost") {
					address += "?" + u.RawQuery
				}
				if strings.HasPrefix(address, "/v1/"+e.Name+"/") && !strings.HasSuffix(u.Path, "/authzero") && !strings.HasSuffix(u.Path, "/FLOW") {
					told = append(told, address)
				}
			}
		}
		slices.Sort(told)
		told = slices.Compact(told)
		var printed []string
		for _, f := range fields(e, []string{""}, example{}) {
			printed = append(printed, strings.TrimPrefix(f.address, "https://ivr.example.com"))
		}
		slices.Sort(printed)
		if !slices.Equal(told, printed) {
			t.Errorf("%s: printed are %q, its page has %q", e.Name, printed, told)
		}
		whole := fields(e, []string{"", "authzero"}, example{})
		if extra := len(whole) - len(printed); extra != 1 && (extra != 2 || !e.Fallback) || !strings.HasSuffix(whole[extra].address, "/calls/authzero") {
			t.Errorf("%s: of a flow of its own: %v", e.Name, whole)
		}
	}
}
