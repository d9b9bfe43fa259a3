package auth0_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Whatever was started has ended when providers are closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
