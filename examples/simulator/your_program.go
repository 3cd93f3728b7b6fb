// usage: your_program GPU-INSTANCE-PROFILE COMPUTE-INSTANCE-PROFILE
//
// Makes a MIG device on GPU 0, all of it or nothing.
package main

// #cgo LDFLAGS: -lnvidia-ml
// #include <nvml.h>
import "C"

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

func check(code C.nvmlReturn_t) error {
	if code == C.NVML_SUCCESS {
		return nil
	}
	return errors.New(C.GoString(C.nvmlErrorString(code)))
}

func makeDevice(gpu C.nvmlDevice_t, giProfile, ciProfile C.uint) (gi, ci C.uint, err error) {
	var current, pending C.uint
	if err = check(C.nvmlDeviceGetMigMode(gpu, &current, &pending)); err != nil {
		return
	}
	if current != C.NVML_DEVICE_MIG_ENABLE {
		var activation C.nvmlReturn_t
		if err = check(C.nvmlDeviceSetMigMode(gpu, C.NVML_DEVICE_MIG_ENABLE, &activation)); err == nil {
			err = check(activation)
		}
		if err != nil {
			return
		}
	}
	var instance C.nvmlGpuInstance_t
	if err = check(C.nvmlDeviceCreateGpuInstance(gpu, giProfile, &instance)); err != nil {
		return
	}
	var compute C.nvmlComputeInstance_t
	if err = check(C.nvmlGpuInstanceCreateComputeInstance(instance, ciProfile, &compute)); err != nil {
		C.nvmlGpuInstanceDestroy(instance)
		return
	}
	var giInfo C.nvmlGpuInstanceInfo_t
	var ciInfo C.nvmlComputeInstanceInfo_t
	if err = check(C.nvmlGpuInstanceGetInfo(instance, &giInfo)); err == nil {
		err = check(C.nvmlComputeInstanceGetInfo_v2(compute, &ciInfo))
	}
	return giInfo.id, ciInfo.id, err
}

func run(giProfile, ciProfile C.uint) error {
	if err := check(C.nvmlInit_v2()); err != nil {
		return err
	}
	defer C.nvmlShutdown()
	var gpu C.nvmlDevice_t
	if err := check(C.nvmlDeviceGetHandleByIndex_v2(0, &gpu)); err != nil {
		return err
	}
	var name [C.NVML_DEVICE_NAME_V2_BUFFER_SIZE]C.char
	if err := check(C.nvmlDeviceGetName(gpu, &name[0], C.NVML_DEVICE_NAME_V2_BUFFER_SIZE)); err != nil {
		return err
	}
	gi, ci, err := makeDevice(gpu, giProfile, ciProfile)
	if err == nil {
		fmt.Printf("%s: GPU instance %d, compute instance %d\n", C.GoString(&name[0]), gi, ci)
	}
	return err
}

func main() {
	if len(os.Args) != 3 {
		os.Exit(2)
	}
	giProfile, first := strconv.Atoi(os.Args[1])
	ciProfile, second := strconv.Atoi(os.Args[2])
	err := errors.Join(first, second)
	if err == nil {
		err = run(C.uint(giProfile), C.uint(ciProfile))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
