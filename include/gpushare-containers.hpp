/*
 * gpushare: containers and schedulers, from C++17. Part of gpushare.hpp, whose first page holds here too.
 */
#ifndef GPUSHARE_CONTAINERS_HPP
#define GPUSHARE_CONTAINERS_HPP

#include "gpushare.hpp"

namespace gpushare {

/// A character device of the driver.
struct device_node {
    std::string path;
    std::string host_path;
    std::string cgroup_rule;
    std::uint32_t major;
    std::uint32_t minor;
};

/// What a CDI specification is to say.
struct cdi_options {
    std::uint32_t names = 0; ///< GPUSHARE_CDI_NAME_... or several of them added; 0 for those by index and by UUID.
    std::uint32_t flags = 0; ///< GPUSHARE_CDI_WITHOUT_ALL, GPUSHARE_CDI_DEVICE_NUMBERS and GPUSHARE_CDI_DRIVER_FILES, added; or 0.
    std::uint32_t form = GPUSHARE_CDI_YAML; ///< GPUSHARE_CDI_YAML or GPUSHARE_CDI_JSON.
    std::optional<std::string> vendor; ///< Nothing for "nvidia.com".
    std::optional<std::string> device_class; ///< Nothing for "gpu".
    std::optional<std::string> host_root; ///< Nothing where the runtime sees the driver's files where they were found.
    std::optional<std::string> hook; ///< Nothing for no hooks.

    /// The same for C, as long as this lives.
    gpushare_cdi_options_t c() const noexcept {
        gpushare_cdi_options_t c = GPUSHARE_CDI_OPTIONS_INIT;
        c.names = names;
        c.flags = flags;
        c.form = form;
        c.vendor = detail::c_text(vendor);
        c.device_class = detail::c_text(device_class);
        c.host_root = detail::c_text(host_root);
        c.hook = detail::c_text(hook);
        return c;
    }
};

/// The lines for Slurm.
struct slurm_gres {
    std::string gres_conf; ///< The lines of gres.conf.
    std::string node_gres; ///< What the node's line of slurm.conf has to say, which needs the line "GresTypes=gpu" as well.
};

/// What the lines for Slurm are to say.
struct slurm_options {
    std::optional<std::string> node_name; ///< Nothing for lines that hold for every node that reads them.
    std::optional<std::string> host_root; ///< Nothing where slurmd sees the driver's files where they were found.
    std::vector<std::optional<std::string>> cores; ///< Those near each GPU, by its NVML index.
    bool count = false; ///< Each line has the number of its devices.

    /// Calls a function that takes them and gives both texts.
    template <typename Function, typename C>
    slurm_gres ask(Function function, const C *of) const {
        std::vector<const char *> listed;
        for (const auto &one : cores) listed.push_back(detail::c_text(one));
        gpushare_slurm_options_t c = GPUSHARE_SLURM_OPTIONS_INIT;
        c.count = count;
        c.node_name = detail::c_text(node_name);
        c.host_root = detail::c_text(host_root);
        c.cores = listed.data();
        c.cores_count = listed.size();
        char *gres_conf = nullptr, *node_gres = nullptr;
        detail::call(function, of, &c, &gres_conf, &node_gres);
        const std::unique_ptr<char, void (*)(char *)> second(node_gres, gpushare_string_free);
        return {detail::taken(gres_conf), detail::text(node_gres)};
    }
};

/// The files of the driver that a node, a GPU or a MIG device needs.
class device_files : public detail::object<gpushare_device_files_t, gpushare_device_files_free> {
public:
    using object::object;

    static device_files from_json(const std::string &json) {
        return detail::make<device_files>(gpushare_device_files_from_json, json.c_str());
    }

    std::string to_json() const { return detail::make_text(gpushare_device_files_to_json, get()); }
    std::string root() const { return detail::text(gpushare_device_files_root(get())); }
    std::string driver_version() const { return detail::text(gpushare_device_files_driver_version(get())); }
    std::vector<device_node> nodes() const {
        std::vector<device_node> all;
        for (std::size_t index = 0; index < gpushare_device_files_node_count(get()); ++index) {
            const gpushare_device_node_t *one = gpushare_device_files_node(get(), index);
            all.push_back({one->path, one->host_path, one->cgroup_rule, one->major, one->minor});
        }
        return all;
    }
    std::string cdi_spec(const cdi_options &options = {}) const {
        const gpushare_cdi_options_t c = options.c();
        return detail::make_text(gpushare_device_files_cdi_spec, get(), &c);
    }
    gpushare::slurm_gres slurm_gres(const slurm_options &options = {}) const {
        return options.ask(gpushare_device_files_slurm_gres, get());
    }
};

/// The driver's table of the minor numbers of MIG capabilities.
class mig_minors : public detail::object<gpushare_mig_minors_t, gpushare_mig_minors_free> {
public:
    using object::object;

    std::uint32_t config() const noexcept { return gpushare_mig_minors_config(get()); }
    std::uint32_t monitor() const noexcept { return gpushare_mig_minors_monitor(get()); }
    std::uint32_t minor(std::uint32_t gpu_minor, std::uint32_t gpu_instance,
                        std::uint32_t compute_instance = GPUSHARE_NO_COMPUTE_INSTANCE) const {
        return detail::ask<std::uint32_t>(gpushare_mig_minors_minor, get(), gpu_minor, gpu_instance, compute_instance);
    }
};

inline gpushare::device_files gpu::device_files() const {
    return detail::make<gpushare::device_files>(gpushare_gpu_device_files, get());
}

inline gpushare::device_files mig_device::device_files() const {
    return detail::make<gpushare::device_files>(gpushare_mig_device_device_files, get());
}

inline gpushare::device_files nvml::device_files() const {
    return detail::make<gpushare::device_files>(gpushare_nvml_device_files, get());
}

inline gpushare::mig_minors nvml::mig_minors() const { return detail::make<gpushare::mig_minors>(gpushare_nvml_mig_minors, get()); }

inline std::string nvml::cdi_spec() const { return cdi_spec({}); }

inline std::string nvml::cdi_spec(const cdi_options &options) const {
    const gpushare_cdi_options_t c = options.c();
    return detail::make_text(gpushare_nvml_cdi_spec, get(), &c);
}

inline gpushare::slurm_gres nvml::slurm_gres() const { return slurm_gres({}); }

inline gpushare::slurm_gres nvml::slurm_gres(const slurm_options &options) const {
    return options.ask(gpushare_nvml_slurm_gres, get());
}

} // namespace gpushare

#endif // GPUSHARE_CONTAINERS_HPP
