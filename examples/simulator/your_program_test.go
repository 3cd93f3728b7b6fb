package main

import (
	"os"
	"os/exec"
	"testing"
)

// A process has one machine, from its first call on: each test runs the program as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_THE_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func output(environment ...string) string {
	program := exec.Command(os.Args[0], "9", "2")
	program.Env = append(append(os.Environ(), "RUN_THE_PROGRAM=1"), environment...)
	text, _ := program.CombinedOutput()
	return string(text)
}

func expect(t *testing.T, got, expected string) {
	t.Helper()
	if got != expected {
		t.Errorf("got %q, expected %q", got, expected)
	}
}

func TestMachines(t *testing.T) {
	expect(t, output(), "NVIDIA A100-SXM4-40GB: GPU instance 1, compute instance 0\n")
	expect(t, output("GPUSHARE_SIM_MACHINE=1xT4"), "Not Supported\n")
}

func TestSharedMachine(t *testing.T) {
	state := "GPUSHARE_SIM_STATE=" + t.TempDir()
	fault := "GPUSHARE_SIM_FAULTS=nvmlGpuInstanceCreateComputeInstance#1=INSUFFICIENT_RESOURCES"
	expect(t, output(state, fault), "Insufficient Resources\n")
	// Nothing was left: the next begins anew, and the one after it beside that.
	expect(t, output(state), "NVIDIA A100-SXM4-40GB: GPU instance 1, compute instance 0\n")
	expect(t, output(state), "NVIDIA A100-SXM4-40GB: GPU instance 2, compute instance 0\n")
}
