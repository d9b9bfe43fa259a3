//go:build !linux

package bolt

import "os"

// syncData has the disk keep what was written to a file.
func syncData(f *os.File) error { return f.Sync() }
