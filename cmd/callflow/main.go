package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"
)

func main() {
	cobra.EnableCommandSorting = false // help keeps the order of the table
	c := Command{
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Env:    os.Environ(),
		Now:    time.Now,
	}
	os.Exit(c.Main(context.Background(), os.Args[1:]))
}
