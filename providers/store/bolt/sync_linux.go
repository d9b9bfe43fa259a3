package bolt

import (
	"errors"
	"os"
	"syscall"
)

// syncData has the disk keep what was written to a file; when that was is left out,
// which saves the file system a write of its own.
func syncData(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
