parent.postMessage({or3:1,type:"resize",height:240},"*");parent.postMessage({or3:1,type:"ready"},"*");addEventListener("message",e=>{document.title=e.data.type});
