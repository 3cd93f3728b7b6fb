//! `gpushare-sim-nvidia-smi`: what `nvidia-smi compute-policy` answers, for machines that do not have NVIDIA's.
//!
//! NVIDIA's own `nvidia-smi` runs on the simulator unmodified, and for all that is not `compute-policy` there is no substitute. This one
//! has its words, its exit statuses and its way to the driver, as `nvidia-smi` 535 and 550 have them: the private table of the
//! `libnvidia-ml.so.1` that the loader finds.

use std::env;
use std::ffi::{CStr, c_uint, c_void};
use std::process::ExitCode;
use std::ptr;

use gpushare_sys::{
    Library, NVML_ERROR_FUNCTION_NOT_FOUND, NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_LIBRARY_NOT_FOUND,
    NVML_ERROR_NOT_FOUND, NVML_ERROR_UNINITIALIZED, NVML_ERROR_UNKNOWN, NVML_SUCCESS, nvmlDevice_t, nvmlReturn_t,
};

use crate::exports::{ComputePolicies, ComputePolicy, GET_COMPUTE_POLICIES, NVIDIA_SMI_TABLE, SET_COMPUTE_POLICY};
use crate::library::SONAME;

const HELP: &str = "
    Compute Policy -- Control and list compute policies.

    Usage: gpushare-sim-nvidia-smi compute-policy [options]

    Options include:
    [-i | --id]: GPU device ID's. Provide comma
                 separated values for more than one device

    [-l | --list]: List all compute policies

    [ | --set-timeslice]: Set timeslice config for a GPU:
                          0=DEFAULT, 1=SHORT, 2=MEDIUM, 3=LONG

    [-h | --help]: Display help information
";

/// What the arguments ask for.
#[derive(Default)]
struct Request {
    devices: Option<String>,
    list: bool,
    time_slice: Option<c_uint>,
}

impl Request {
    /// `None` where help is asked for.
    fn parse(arguments: &[String]) -> Result<Option<Self>, String> {
        let mut request = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (name, mut value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            if matches!(name, "-i" | "--id" | "--set-timeslice") && value.is_none() {
                value = arguments.next().cloned();
            }
            match (name, value) {
                ("-h" | "--help", None) => return Ok(None),
                ("-l" | "--list", None) => request.list = true,
                ("-i" | "--id", Some(value)) => request.devices = Some(value),
                ("--set-timeslice", Some(value)) => {
                    let number: i32 = value
                        .parse()
                        .map_err(|_| format!("Option \"{value}\" is invalid for \"--set-timeslice={value}\"."))?;
                    request.time_slice = Some(number as c_uint);
                }
                _ => return Err(format!("Option \"{argument}\" is not recognized.")),
            }
        }
        if request.list && request.time_slice.is_some() {
            return Err("One, and only one, compute-policy command allowed at a time".to_owned());
        }
        Ok((request.list || request.time_slice.is_some()).then_some(request))
    }
}

fn policy_name(value: c_uint) -> &'static str {
    ["Default", "Short", "Medium", "Long"].get(value as usize).copied().unwrap_or("Unknown")
}

/// The driver that the loader finds, initialised.
struct Driver {
    library: Library,
    /// The function that sets a policy and the one that lists them.
    set: unsafe extern "C" fn(nvmlDevice_t, *const ComputePolicy) -> nvmlReturn_t,
    get: unsafe extern "C" fn(nvmlDevice_t, *mut ComputePolicies) -> nvmlReturn_t,
}

/// The function of NVML that bears the name; where there is none, this program ends as for one that fails.
macro_rules! nvml {
    ($library:expr, $name:ident($($argument:expr),*)) => {
        match $library.symbols().$name {
            // SAFETY: each pointer that is passed is of a live local, or of a text that ends with NUL.
            Some(function) => unsafe { function($($argument),*) },
            None => NVML_ERROR_FUNCTION_NOT_FOUND,
        }
    };
}

fn check(code: nvmlReturn_t) -> Result<(), nvmlReturn_t> {
    if code == NVML_SUCCESS { Ok(()) } else { Err(code) }
}

impl Driver {
    fn open() -> Result<Self, nvmlReturn_t> {
        type GetExportTable = unsafe extern "C" fn(*mut *const *const c_void, *const [u8; 16]) -> nvmlReturn_t;
        // SAFETY: what bears this name is NVML.
        let library = unsafe { Library::open_path(SONAME) }.map_err(|_| NVML_ERROR_LIBRARY_NOT_FOUND)?;
        check(nvml!(library, nvmlInit_v2()))?;
        let mut table = ptr::null();
        // SAFETY: the library stays loaded by `library`; in NVML the symbol has this type, and it gives a table whose first word is its
        // size and whose other words are functions, of these types at these places.
        unsafe {
            let again = libloading::Library::new(SONAME).map_err(|_| NVML_ERROR_LIBRARY_NOT_FOUND)?;
            let get = again.get::<GetExportTable>("nvmlInternalGetExportTable");
            check(get.map_err(|_| NVML_ERROR_FUNCTION_NOT_FOUND)?(&mut table, &NVIDIA_SMI_TABLE))?;
            let size = table.cast::<usize>().read();
            if size <= GET_COMPUTE_POLICIES * size_of::<usize>() {
                return Err(NVML_ERROR_FUNCTION_NOT_FOUND);
            }
            let set = std::mem::transmute::<*const c_void, Option<_>>(*table.add(SET_COMPUTE_POLICY));
            let get = std::mem::transmute::<*const c_void, Option<_>>(*table.add(GET_COMPUTE_POLICIES));
            let (Some(set), Some(get)) = (set, get) else { return Err(NVML_ERROR_FUNCTION_NOT_FOUND) };
            Ok(Self { library, set, get })
        }
    }

    fn words(&self, code: nvmlReturn_t) -> String {
        let Some(words) = self.library.symbols().nvmlErrorString else { return format!("error {code}") };
        // SAFETY: NVML answers with a text of its own that ends with NUL.
        unsafe { CStr::from_ptr(words(code)) }.to_string_lossy().into_owned()
    }

    /// The devices of a list of indices, UUIDs and PCI addresses, or all.
    fn devices(&self, list: Option<&str>) -> Result<Vec<nvmlDevice_t>, nvmlReturn_t> {
        let mut count = 0;
        check(nvml!(self.library, nvmlDeviceGetCount_v2(&mut count)))?;
        match list {
            None => (0..count).map(|index| self.by_index(index)).collect(),
            Some(list) => list.split(',').map(|name| self.named(name).map_err(|_| NVML_ERROR_NOT_FOUND)).collect(),
        }
    }

    fn by_index(&self, index: c_uint) -> Result<nvmlDevice_t, nvmlReturn_t> {
        let mut device = ptr::null_mut();
        check(nvml!(self.library, nvmlDeviceGetHandleByIndex_v2(index, &mut device)))?;
        Ok(device)
    }

    fn named(&self, name: &str) -> Result<nvmlDevice_t, nvmlReturn_t> {
        if let Ok(index) = name.parse() {
            return self.by_index(index);
        }
        let (text, mut device) = (format!("{name}\0"), ptr::null_mut());
        let text = text.as_ptr().cast();
        check(nvml!(self.library, nvmlDeviceGetHandleByUUID(text, &mut device)))
            .or_else(|_| check(nvml!(self.library, nvmlDeviceGetHandleByPciBusId_v2(text, &mut device))))?;
        Ok(device)
    }

    fn index(&self, device: nvmlDevice_t) -> Result<c_uint, nvmlReturn_t> {
        let mut index = 0;
        check(nvml!(self.library, nvmlDeviceGetIndex(device, &mut index)))?;
        Ok(index)
    }

    fn list(&self, device: nvmlDevice_t) -> Result<(), nvmlReturn_t> {
        let (gpu, mut policies) = (self.index(device)?, ComputePolicies::default());
        // SAFETY: the function of the table, a handle of this library, and a live local.
        check(unsafe { (self.get)(device, &mut policies) }).inspect_err(|code| {
            println!("Failed to get compute policies for GPU {gpu} : {}", self.words(*code));
        })?;
        for policy in policies.iter() {
            println!("| {gpu:>3}   {:<16}{:<14}|", "Timeslice", policy_name(policy.value));
            println!("+-------------------------------------+");
        }
        Ok(())
    }

    fn set(&self, device: nvmlDevice_t, value: c_uint) -> Result<(), nvmlReturn_t> {
        let (gpu, name) = (self.index(device)?, policy_name(value));
        // SAFETY: the function of the table, a handle of this library, and a live local.
        check(unsafe { (self.set)(device, &ComputePolicy::time_slice(value)) }).inspect_err(|code| {
            println!("Failed to set timeslice policy with value {name} for GPU {gpu} : {}", self.words(*code));
        })?;
        println!("Successfully set timeslice policy with value {name} for GPU {gpu}");
        Ok(())
    }

    fn carry_out(&self, request: &Request) -> Result<(), nvmlReturn_t> {
        let devices = self.devices(request.devices.as_deref()).inspect_err(|_| println!("No devices were found"))?;
        if let Some(value) = request.time_slice {
            return devices.into_iter().try_for_each(|device| self.set(device, value)).inspect_err(|code| {
                println!("Failed to set timeslice for requested devices : {}", self.words(*code));
            });
        }
        println!("+-------------------------------------+");
        println!("| GPU compute policies:               |");
        println!("| GPU     Name           Value        |");
        println!("|=====================================|");
        devices.into_iter().try_for_each(|device| self.list(device)).inspect_err(|code| {
            println!("Failed to retrieve compute policies for requested devices : {}", self.words(*code));
        })
    }
}

/// `gpushare-sim-nvidia-smi`: runs with the arguments of this process.
pub fn run() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let Some(("compute-policy", options)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) else {
        eprintln!(
            "gpushare-sim-nvidia-smi: only compute-policy is answered; NVIDIA's nvidia-smi runs on the simulator"
        );
        return status(NVML_ERROR_INVALID_ARGUMENT);
    };
    match Request::parse(options) {
        Ok(None) => print!("{HELP}"),
        Ok(Some(request)) => match Driver::open() {
            Ok(driver) => return status(driver.carry_out(&request).err().unwrap_or(NVML_SUCCESS)),
            Err(code) => {
                println!("NVIDIA-SMI has failed: libnvidia-ml.so.1 answers {code}");
                return status(code);
            }
        },
        Err(refusal) => {
            println!("{refusal}");
            return status(NVML_ERROR_INVALID_ARGUMENT);
        }
    }
    ExitCode::SUCCESS
}

/// The exit status for an NVML code, which is the code but for two.
fn status(code: nvmlReturn_t) -> ExitCode {
    match code {
        NVML_ERROR_UNINITIALIZED | NVML_ERROR_UNKNOWN => ExitCode::from(255),
        code => u8::try_from(code).unwrap_or(255).into(),
    }
}
