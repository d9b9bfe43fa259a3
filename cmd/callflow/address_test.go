package main

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// freeAddress is a loopback address that nobody listens on, and that the system gives
// to nobody else until the test ends, though servers come and go there: it is held by a
// socket that does not listen, beside which a server may, as it reuses addresses.
func freeAddress(t testing.TB) string {
	t.Helper()
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	release := sync.OnceFunc(func() { _ = syscall.Close(fd) })
	t.Cleanup(release)
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at, ok := bound.(*syscall.SockaddrInet4)
	if !ok {
		t.Fatalf("the socket is bound to %T", bound)
	}
	if runtime.GOOS != "linux" {
		release() // elsewhere nobody else listens on what is held
	}
	return fmt.Sprintf("127.0.0.1:%d", at.Port)
}
