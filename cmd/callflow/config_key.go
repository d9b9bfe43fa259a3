package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"
)

// sealKeySize is how many bytes a seal_key has.
const sealKeySize = 32

func newConfigKey(c *Command) *cobra.Command {
	return &cobra.Command{
		Use:   "new-key",
		Short: "Make a key for seal_key",
		Long: `Prints a new random key for seal_key, which seals what a store keeps. Keep it where
the server finds it, in the environment as CALLFLOW_SEAL_KEY or in a variable that
callflow.yaml names, and keep a copy apart from the store and its backups: without
the key nobody can read them.

To change a key, put the new one in front of the old, and take the old one out when
the calls and the actions from before are done:

  seal_key: ["${env:NEW_KEY}", "${env:OLD_KEY}"]`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			key := make([]byte, sealKeySize)
			if _, err := rand.Read(key); err != nil {
				return fmt.Errorf("make a key: %w", err)
			}
			_, err := fmt.Fprintln(c.Stdout, hex.EncodeToString(key))
			return err
		},
	}
}
