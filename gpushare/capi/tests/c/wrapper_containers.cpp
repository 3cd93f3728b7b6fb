// gpushare.hpp: device files, CDI specifications and lines for Slurm.
#include <gpushare.hpp>

#include "check.h"
#include "thrown.hpp"

int main(int argc, char **argv) {
    CHECK(argc == 2 && setenv("GPUSHARE_SIM_ROOT", argv[1], 1) == 0);
    gpushare::nvml_options where;
    where.root = argv[1];
    const auto nvml = gpushare::nvml::open(where);
    const auto gpu = nvml.gpu(0);
    gpu.set_mig_mode(true);
    const auto instance = gpu.create_gpu_instance(gpu.gpu_instance_profile("4g.20gb"));
    const auto device = instance.create_default_compute_instance().mig_device();

    const auto nodes = device.device_files().nodes();
    CHECK(nodes.size() == 6 && nodes[4].path == "/dev/nvidia-caps/nvidia-cap21" && nodes[5].minor == 22);
    CHECK(nodes[5].host_path == argv[1] + nodes[5].path && nodes[5].cgroup_rule == "c 242:22 rw");
    const auto minors = nvml.mig_minors();
    CHECK(minors.config() == 1 && minors.monitor() == 2 && minors.minor(0, 2) == 21 && minors.minor(0, 2, 0) == 22);
    thrown<gpushare::invalid_argument_error>([&] { minors.minor(99, 2); });

    const auto files = gpu.device_files();
    CHECK(files.root() == argv[1] && files.driver_version() == "580.126.09");
    CHECK(gpushare::device_files::from_json(files.to_json()).to_json() == nvml.device_files().to_json());
    gpushare::cdi_options options;
    options.device_class = "slice";
    options.form = GPUSHARE_CDI_JSON;
    const auto spec = nvml.cdi_spec(options);
    CHECK(spec == files.cdi_spec(options) && spec.find("\"kind\": \"nvidia.com/slice\"") != std::string::npos);
    CHECK(nvml.cdi_spec() == files.cdi_spec() && nvml.cdi_spec().find("- name: 0:0\n") != std::string::npos);
    options.vendor = "9";
    thrown<gpushare::invalid_argument_error>([&] { nvml.cdi_spec(options); });

    gpushare::slurm_options wanted;
    wanted.host_root = "/";
    wanted.cores = {"0-15"};
    const auto gres = nvml.slurm_gres(wanted);
    CHECK(gres.gres_conf == files.slurm_gres(wanted).gres_conf && gres.node_gres == "Gres=gpu:nvidia_a100_4g.20gb:1");
    CHECK(gres.gres_conf.find("nvidia-cap22 Cores=0-15\n") != std::string::npos);
    CHECK(nvml.slurm_gres().gres_conf.find(argv[1]) != std::string::npos);
    return 0;
}
