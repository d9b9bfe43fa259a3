package providers_test

import (
	"path/filepath"
	"testing"

	"callflow/providers"
	"callflow/providers/telephony/codectest"
)

// TestSituationsOfEveryPlatform: each platform of the catalog has something to say of
// each situation of the suite.
func TestSituationsOfEveryPlatform(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]string{"telnyx": "telnyx/testdata/commands", "texml": "telnyx/testdata/texml"}
	for _, e := range providers.Telephony() {
		dir := elsewhere[e.Name]
		if dir == "" {
			dir = e.Name + "/testdata"
		}
		for _, missing := range (codectest.Fixture{Dir: filepath.Join("telephony", filepath.FromSlash(dir))}).LeftOut(t) {
			t.Errorf("%s: %s", e.Name, missing)
		}
	}
}
