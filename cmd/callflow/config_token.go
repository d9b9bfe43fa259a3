package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"
)

// tokenSize is how many random bytes a token has.
const tokenSize = 24

func newConfigToken(c *Command) *cobra.Command {
	return &cobra.Command{
		Use:   "new-token",
		Short: "Make a token for the API, and its hash",
		Long: `Prints a new random token and its hash. The token goes to whoever uses the API, and
is shown this once; the hash goes into the configuration:

  api:
    tokens:
      front_desk: { hash: HASH, roles: agent }`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			random := make([]byte, tokenSize)
			if _, err := rand.Read(random); err != nil {
				return fmt.Errorf("make a token: %w", err)
			}
			token := "cf_" + hex.EncodeToString(random)
			hash := sha256.Sum256([]byte(token))
			_, err := fmt.Fprintf(c.Stdout, "token: %s\nhash:  %s\n", token, hex.EncodeToString(hash[:]))
			return err
		},
	}
}
